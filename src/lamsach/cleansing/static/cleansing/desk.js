// The police desk by keyboard: Enter confirms, S skips, arrows move. Without it, the buttons do.
"use strict";
document.addEventListener("keydown", function (event) {
  var at = event.target;
  if (event.ctrlKey || event.altKey || event.metaKey || event.repeat) { return; }
  if (/^(INPUT|SELECT|TEXTAREA|SUMMARY)$/.test(at.tagName)) { return; }
  var ids = { s: "skip", S: "skip", ArrowLeft: "before", ArrowRight: "after" };
  var id = ids[event.key];
  // On a button or link Enter does what that button or link says.
  if (event.key === "Enter" && !/^(BUTTON|A)$/.test(at.tagName)) { id = "confirm"; }
  var found = id && document.getElementById(id);
  if (found) { event.preventDefault(); found.click(); }
});
