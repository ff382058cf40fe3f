// Colours by day or night, as the system has them or as the reader chooses.
(function () {
  var root = document.documentElement;
  var button = document.querySelector("button.theme");
  var system = window.matchMedia("(prefers-color-scheme: dark)");
  var remembered = null;
  // A browser may refuse to keep anything for a page opened from a file.
  try { remembered = localStorage.getItem("theme"); } catch (refused) {}
  if (remembered) root.dataset.theme = remembered;

  function isDark() {
    return root.dataset.theme ? root.dataset.theme === "dark" : system.matches;
  }
  function say() {
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", isDark() ? "Show in light colours" : "Show in dark colours");
  }
  button.addEventListener("click", function () {
    root.dataset.theme = isDark() ? "light" : "dark";
    try { localStorage.setItem("theme", root.dataset.theme); } catch (refused) {}
    say();
  });
  system.addEventListener("change", say);
  say();
  button.hidden = false;
})();

// What is folded is open on paper, in browsers whose style sheets cannot do it.
(function () {
  var opened = [];
  window.addEventListener("beforeprint", function () {
    opened = Array.from(document.querySelectorAll("details:not([open]):not(.code)"));
    opened.forEach(function (details) { details.open = true; });
  });
  window.addEventListener("afterprint", function () {
    opened.forEach(function (details) { details.open = false; });
  });
})();

// Lists that can be filtered by words and by verdict; without scripts the whole list is there.
document.querySelectorAll("figure.verdicts:has(.filter)").forEach(function (list) {
  var words = list.querySelector("input");
  var verdict = list.querySelector("select");
  var shown = list.querySelector("output");
  var rows = Array.from(list.querySelectorAll("tbody tr"));

  function filter() {
    var wanted = words.value.trim().toLowerCase();
    var count = 0;
    rows.forEach(function (row) {
      row.hidden =
        !row.textContent.toLowerCase().includes(wanted) ||
        Boolean(verdict.value && row.dataset.verdict !== verdict.value);
      count += row.hidden ? 0 : 1;
    });
    shown.textContent = count + " of " + rows.length + " " + (list.dataset.noun || "numbers");
  }
  words.addEventListener("input", filter);
  verdict.addEventListener("change", filter);
  list.querySelector(".filter").hidden = false;
  filter();
});
