/* What makes pages quicker for those whose browser runs it; nothing needs it.

   Tables marked data-keys: arrows or j and k go from row to row, Enter opens the row's first link.
   "/" goes to the field marked data-search. A form is sent once, however often its button is hit. */
(function () {
  "use strict";

  function typing(target) {
    return /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName) || target.isContentEditable;
  }

  function rows() {
    return Array.prototype.slice.call(document.querySelectorAll("table[data-keys] tbody tr"));
  }

  function go(step) {
    var all = rows();
    if (!all.length) { return false; }
    var here = -1;
    all.forEach(function (row, place) {
      if (row.classList.contains("here")) { here = place; row.classList.remove("here"); }
    });
    var next = all[Math.max(0, Math.min(all.length - 1, here + step))];
    if (here < 0) { next = all[step > 0 ? 0 : all.length - 1]; }
    next.classList.add("here");
    var link = next.querySelector("a[href]");
    if (link) { link.focus(); }
    return true;
  }

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) { return; }
    var moved = false;
    if (event.key === "j" || event.key === "ArrowDown") { moved = go(1); }
    if (event.key === "k" || event.key === "ArrowUp") { moved = go(-1); }
    if (event.key === "/") {
      var search = document.querySelector("[data-search]");
      if (search) { search.focus(); moved = true; }
    }
    if (moved) { event.preventDefault(); }
  });

  document.addEventListener("focusin", function (event) {
    if (!event.target.closest) { return; }
    var row = event.target.closest("table[data-keys] tbody tr");
    if (!row) { return; }
    rows().forEach(function (one) { one.classList.toggle("here", one === row); });
  });

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.getAttribute("aria-busy") === "true") { event.preventDefault(); return; }
    form.setAttribute("aria-busy", "true");
    /* An answer that is a file leaves the page as it is: the form may be sent again soon. */
    window.setTimeout(function () { form.removeAttribute("aria-busy"); }, 5000);
  });

  /* Back from the next page: likewise. */
  window.addEventListener("pageshow", function () {
    Array.prototype.forEach.call(document.querySelectorAll("form[aria-busy]"), function (form) {
      form.removeAttribute("aria-busy");
    });
  });
})();
