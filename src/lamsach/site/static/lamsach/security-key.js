/* Second factors on a security key: the form that holds one shows itself where the browser can use
   keys, asks for the key when its button is hit, and sends what the key said.

   The ceremony and its encoding are allauth's own scripts, which come before this one. */
(function () {
  "use strict";

  var place = document.querySelector("[data-key]");
  var data = document.getElementById("js_data");
  if (!place || !data || !window.PublicKeyCredential || !window.webauthnJSON) { return; }

  var form = place.querySelector("form");
  var options = JSON.parse(data.textContent);
  var failed = form.querySelector("[data-key-failed]");
  var missing = document.querySelector("[data-key-missing]");
  var creates = place.getAttribute("data-key") === "create";
  place.hidden = false;
  if (missing) { missing.hidden = true; }

  form.querySelector("button").addEventListener("click", function () {
    failed.hidden = true;
    var asked = creates
      ? window.webauthnJSON.create(options.creation_options)
      : window.webauthnJSON.get(options.request_options);
    asked.then(function (said) {
      form.querySelector("[name=credential]").value = JSON.stringify(said);
      form.submit();
    }, function () { failed.hidden = false; });
  });
})();
