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
