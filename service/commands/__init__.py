"""The commands of `deskmark` around the service and its data; `service.cli` mounts them by name."""
