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

// A number leads to its row, shown in a box over the page; without scripts, to the list of rows.
(function () {
  var rows = document.getElementById("rows");
  if (!rows) return;
  var numbers = Array.from(document.querySelectorAll("main a.n"));
  var box = document.body.appendChild(document.createElement("dialog"));
  var from = null;
  box.className = "row";
  box.setAttribute("aria-labelledby", "row-title");

  function called(hash) {
    var found = document.getElementById(decodeURIComponent(hash.slice(1)));
    return found && found.closest(".rows tbody") ? found : null;
  }
  function element(name, content) {
    var made = document.createElement(name);
    made.append(...(content || []));
    return made;
  }
  function copied(cell) {
    return Array.from(cell.childNodes, function (node) { return node.cloneNode(true); });
  }
  function show(row) {
    var heads = rows.querySelectorAll("thead th");
    var title = element("h2", copied(row.cells[0]));
    var list = document.createElement("dl");
    var close = element("button", ["Close"]);
    title.id = "row-title";
    Array.from(row.cells).slice(1).forEach(function (cell, place) {
      if (!cell.textContent) return;
      list.append(element("dt", [heads[place + 1].textContent]), element("dd", copied(cell)));
    });
    list.append(
      element("dt", ["How, and where in the code"]),
      element("dd", copied(row.parentNode.rows[0].cells[0]))
    );
    // Those of the page, as they are in force; what is others stands at its head.
    var parameters = document.querySelector("main details.parameters");
    if (parameters) {
      parameters = parameters.cloneNode(true);
      parameters.open = false;
      list.append(element("dt", ["Parameters"]), element("dd", [parameters]));
      var under = row.querySelector("th .under");
      parameters.querySelector("summary").textContent =
        "Those of this page" + (under ? ", but " + under.textContent : "");
    }
    list.append(
      element("dt", ["Address"]),
      element("dd", [element("code", [location.pathname.split("/").pop() + "#" + row.id])])
    );
    close.type = "button";
    close.addEventListener("click", function () { box.close(); });
    box.replaceChildren(title, list, close);
    box.showModal();
  }
  // Back at the number itself, and not only at its table.
  function number(row, place) {
    return numbers.find(function (link) {
      return decodeURIComponent(link.hash.slice(1)) === row.id &&
        (link.id === place || Boolean(link.closest("figure") && link.closest("figure").id === place));
    });
  }
  function go(link) {
    link.tabIndex = 0;
    link.scrollIntoView({ block: "center", inline: "center" });
    link.focus();
  }

  document.addEventListener("click", function (event) {
    var link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    var row = link.matches("main a.n") && called(link.hash);
    if (row) {
      event.preventDefault();
      history.replaceState(null, "", link.hash);
      from = link;
      show(row);
      return;
    }
    var within = link.closest("dialog.row") || link.closest(".rows tbody");
    if (!within || link.getAttribute("href")[0] !== "#") return;
    row = within === box ? called(location.hash) : link.closest("tr");
    var back = row && number(row, decodeURIComponent(link.hash.slice(1)));
    if (!back) return;
    event.preventDefault();
    from = null;
    box.close();
    go(back);
  });
  box.addEventListener("click", function (event) {
    if (event.target === box) box.close();
  });
  box.addEventListener("close", function () {
    if (from) from.focus();
    from = null;
  });

  // An address that was typed or sent opens the list where its row is.
  function open() {
    var row = called(location.hash);
    if (!row) return;
    rows.open = true;
    row.scrollIntoView({ block: "center" });
  }
  window.addEventListener("hashchange", open);
  open();
})();

// One number of a table takes the focus by Tab; from there, arrows lead to the others.
(function () {
  var steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 };

  function numbers(figure) {
    return Array.from(figure.querySelectorAll(figure.matches(".spots") ? "td a" : "a.n"));
  }
  document.querySelectorAll("main figure.table").forEach(function (figure) {
    numbers(figure).slice(1).forEach(function (link) { link.tabIndex = -1; });
  });
  document.addEventListener("keydown", function (event) {
    var figure = event.target.closest && event.target.closest("figure.table");
    var link = event.target;
    var all = figure && steps[event.key] ? numbers(figure) : [];
    if (!all.includes(link)) return;
    if (event.key === "ArrowUp" || event.key === "ArrowDown") {
      var cell = link.closest("td, th");
      all = all.filter(function (other) {
        var beside = other.closest("td, th");
        return other === link || (beside !== cell && beside.cellIndex === cell.cellIndex);
      });
    }
    var to = all[all.indexOf(link) + steps[event.key]];
    if (!to) return;
    event.preventDefault();
    link.tabIndex = -1;
    to.tabIndex = 0;
    to.scrollIntoView({ block: "nearest", inline: "nearest" });
    to.focus();
  });
})();
