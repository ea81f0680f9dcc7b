// The page in a ticket's sidebar: asks Zendesk which ticket is open and which colours its pages have, and tells it how
// tall the page is. No secret is here: what the page may ask Deskmark for was decided when Zendesk opened it.
"use strict";
(function () {
  const ask = document.getElementById("ask");
  function fail() {
    if (ask) {
      document.getElementById("waiting").hidden = true;
      document.getElementById("untold").hidden = false;
    }
  }
  const client = window.ZAFClient && window.ZAFClient.init();
  if (!client) {
    fail();
    return;
  }
  function wear(scheme) {
    if (scheme === "light" || scheme === "dark") {
      document.documentElement.dataset.scheme = scheme;
      document.querySelectorAll("input[name=scheme]").forEach(function (field) {
        field.value = scheme;
      });
    }
  }
  // Asked by itself: a workspace that knows no schemes still tells the ticket.
  const worn = client.get("colorScheme").then(
    function (found) {
      wear(found.colorScheme);
    },
    function () {}
  );
  client.on("colorScheme.changed", wear);
  if (ask) {
    client.get(["ticket.id", "ticket.requester.id", "currentUser.locale"]).then(function (found) {
      if (!found["ticket.id"]) {
        fail();
        return;
      }
      ask.elements.ticket.value = String(found["ticket.id"]);
      ask.elements.requester.value = String(found["ticket.requester.id"] || "");
      ask.elements.locale.value = String(found["currentUser.locale"] || "");
      worn.then(function () {
        ask.submit();
      });
    }, fail);
  }
  function fit() {
    client.invoke("resize", { width: "100%", height: Math.ceil(document.body.offsetHeight) + 8 + "px" });
  }
  document.addEventListener("toggle", fit, true);
  fit();
})();
