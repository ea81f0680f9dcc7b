"""Items in words an agent can read."""

from __future__ import annotations

from service.language.information.items import Item, Kind

_KINDS = {
    Kind.DATE: "the date",
    Kind.TIME: "the time",
    Kind.WHEN: "the date or time",
    Kind.DURATION: "the duration",
    Kind.PLACE: "the place",
    Kind.PERSON: "the person",
    Kind.COUNT: "the number",
    Kind.AMOUNT: "the amount",
    Kind.PRICE_LEVEL: "the price range",
    Kind.CATEGORY: "the kind",
    Kind.CHOICE: "the choice",
    Kind.OPTION: "the choice",
    Kind.IDENTIFIER: "the reference number",
    Kind.EMAIL: "the e-mail address",
    Kind.PHONE: "the phone number",
    Kind.NAME: "the name",
    Kind.ADDRESS: "the address",
    Kind.POSTCODE: "the postcode",
    Kind.PRODUCT: "the product",
    Kind.DEVICE: "the device",
    Kind.SOFTWARE: "the software",
    Kind.ERROR: "the error message",
    Kind.MEDIA: "a picture or file",
    Kind.STEP: "a step already tried",
    Kind.PROBLEM: "the problem itself",
}
_ITEMS = {
    Item(Kind.DATE, "start"): "the date",
    Item(Kind.DATE, "end"): "the end or return date",
    Item(Kind.DATE, "bought"): "the date of the order",
    Item(Kind.DATE, "began"): "when it began",
    Item(Kind.DATE, "charged"): "the date of the charge",
    Item(Kind.DATE, "arrived"): "the delivery date",
    Item(Kind.TIME, "end"): "the end or return time",
    Item(Kind.WHEN, "end"): "the end or return date",
    Item(Kind.PLACE, "from"): "the place of departure",
    Item(Kind.PLACE, "to"): "the destination",
    Item(Kind.IDENTIFIER, "username"): "the user name",
    Item(Kind.IDENTIFIER, "imei"): "the IMEI",
    Item(Kind.IDENTIFIER, "licence"): "the licence key",
    Item(Kind.SOFTWARE, "os"): "the operating system",
    Item(Kind.SOFTWARE, "browser"): "the browser",
    Item(Kind.SOFTWARE, "version"): "the version",
    Item(Kind.SOFTWARE, "plan"): "the plan",
    Item(Kind.DEVICE, "model"): "the model",
    Item(Kind.MEDIA, "image"): "a screenshot or photo",
    Item(Kind.MEDIA, "video"): "a video",
    Item(Kind.MEDIA, "document"): "a document",
    Item(Kind.ERROR, "code"): "the error code",
    Item(Kind.STEP): "the steps already tried",
}


def name_of(item: Item | None) -> str:
    """`item` in plain words with its article: "the order number"; something general for None."""
    if item is None:
        return "something the customer had said"
    if item in _ITEMS:
        return _ITEMS[item]
    role = item.role.partition(":")[0].replace("_", " ")
    if item.kind is Kind.IDENTIFIER and role:
        return f"the {role} number"
    if item.kind is Kind.ADDRESS and role:
        return f"the {role} address"
    if item.kind is Kind.STEP and role[0] not in "~=":
        return f"a step already tried ({role})"
    if item.kind is Kind.COUNT and role:
        return f"the number of {role}"
    if item.kind is Kind.CATEGORY and role:
        return f"the kind of {role}"
    if item.kind is Kind.CHOICE and role:
        return f"the {role}"
    return _KINDS[item.kind]
