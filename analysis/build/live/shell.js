"use strict";
// The page around a report: it hears what becomes of it, and lets the report follow.
(function () {
  var frame = document.querySelector("iframe");
  var state = document.getElementById("state");
  var error = document.getElementById("error");
  var numbers = document.getElementById("numbers");
  var first = document.body.dataset.report + "/index.html";

  function say(words, how) {
    state.textContent = words;
    state.dataset.state = how;
  }

  // The page that is looked at is kept in the address, so that a reload comes back to it.
  function wanted() {
    var named = decodeURIComponent(location.hash.slice(1));
    return /^[\w.+-]+\/[\w-]+\.html$/.test(named) ? named : first;
  }
  frame.addEventListener("load", function () {
    var shown = frame.contentWindow.location.pathname.split("/reports/")[1];
    if (shown) history.replaceState(null, "", "#" + shown);
    document.title = frame.contentDocument.title || "Live report";
    restore();
  });

  // Where the reader is, and what was folded out, stays as it was.
  var kept = null;
  function remember() {
    var page = frame.contentDocument;
    if (!page || !page.body) return;
    kept = {
      path: frame.contentWindow.location.pathname,
      top: frame.contentWindow.scrollY,
      open: Array.from(page.querySelectorAll("details")).map(function (d) { return d.open; }),
    };
  }
  function restore() {
    var page = frame.contentDocument;
    if (!kept || kept.path !== frame.contentWindow.location.pathname) return;
    var all = page.querySelectorAll("details");
    if (all.length === kept.open.length) {
      all.forEach(function (details, place) { details.open = kept.open[place]; });
    }
    frame.contentWindow.scrollTo(0, kept.top);
    kept = null;
  }
  var there = false;
  function follow() {
    if (there) {
      remember();
      frame.contentWindow.location.reload();
    } else {
      frame.src = "reports/" + wanted();
      there = true;
    }
  }

  function list(changes, more) {
    var items = numbers.querySelector("ul");
    items.replaceChildren();
    changes.forEach(function (change) {
      var item = document.createElement("li");
      item.textContent = change;
      items.append(item);
    });
    numbers.querySelector("summary").textContent =
      more === 1 ? "1 number is another" : more + " numbers are others";
    numbers.hidden = !more;
  }

  var told = {
    working: function (event) { say(event.words, "working"); },
    numbers: function (event) { list(event.changes, event.count); },
    page: function (event) {
      var shown = there && frame.contentWindow.location.pathname.split("/").pop();
      if (shown === event.page + ".html") follow();
    },
    built: function (event) {
      error.hidden = true;
      say(event.words, "built");
      if (event.changed || !there) follow();
    },
    failed: function (event) {
      error.textContent = event.words;
      error.hidden = false;
      say("The report could not be built; what is shown is the last good one.", "failed");
      if (event.there && !there) follow();
    },
  };
  var source = new EventSource("events");
  source.onmessage = function (message) {
    var event = JSON.parse(message.data);
    told[event.kind](event);
  };
  source.onerror = function () {
    say("“make live” has ended; what is shown does not follow any more.", "gone");
  };
})();
