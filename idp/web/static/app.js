// Comfort only: every page is complete without this file. It asks no server anything,
// keeps nothing, and touches only what the page marks with data-… attributes.
"use strict";

const all = (selector) => document.querySelectorAll(selector);

// A second press of a button must not become a second request (a code works once).
for (const form of all("form")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    // What is only handed out leaves the page standing, and may be wanted again.
    if (!("again" in form.dataset)) form.dataset.sent = "yes";
    for (const button of form.querySelectorAll("[data-reveal]")) {
      document.getElementById(button.dataset.reveal).type = "password";
    }
  });
}

// A page that the Back button brings out of the browser's memory can be sent again.
window.addEventListener("pageshow", (event) => {
  if (event.persisted) {
    for (const form of all("form")) delete form.dataset.sent;
  }
});

// The code field sends itself when the last digit is there, once a page.
for (const field of all("[data-submit-at]")) {
  const enough = Number(field.dataset.submitAt);
  const watch = () => {
    const digits = field.value.replace(/[\s\u200b-\u200f\u2010-\u2015\u2060\ufeff-]/g, "");
    if (digits.length === enough && /^[0-9]+$/.test(digits)) {
      field.removeEventListener("input", watch);
      field.form.requestSubmit();
    }
  };
  field.addEventListener("input", watch);
}

for (const button of all("[data-reveal]")) {
  const field = document.getElementById(button.dataset.reveal);
  button.hidden = false;
  button.addEventListener("click", () => {
    const show = field.type === "password";
    field.type = show ? "text" : "password";
    button.textContent = show ? button.dataset.hide : button.dataset.show;
    button.setAttribute("aria-label", show ? button.dataset.hideLabel : button.dataset.showLabel);
    field.focus();
  });
}

// Says on the button that it worked; the status line says it to screen readers.
const status = document.createElement("p");
status.className = "status";
status.setAttribute("role", "status");
document.querySelector("main").append(status);

function done(button) {
  const words = button.textContent;
  button.textContent = button.dataset.done;
  status.textContent = button.dataset.done;
  setTimeout(() => {
    button.textContent = words;
    status.textContent = "";
  }, 2000);
}

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Old browsers, and pages without https: the way through a selection.
    const field = document.createElement("textarea");
    field.value = text;
    document.body.append(field);
    field.select();
    document.execCommand("copy");
    field.remove();
    button.focus();
  }
  done(button);
}

for (const button of all("[data-copy]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const text = document.getElementById(button.dataset.copy).textContent;
    copy("whole" in button.dataset ? text : text.replace(/\s/g, ""), button);
  });
}

const sheet = document.querySelector("[data-sheet]");
if (sheet) {
  const codes = [...sheet.querySelectorAll("[data-backup-code]")]
    .map((element) => element.dataset.backupCode)
    .join("\n");

  const asText = () => {
    const { heading, made, address, instruction } = sheet.dataset;
    return `${heading}\n${made}\n${address}\n\n${instruction}\n\n${codes}\n`;
  };

  const save = () => {
    const link = document.createElement("a");
    const file = new Blob([asText()], { type: "text/plain;charset=utf-8" });
    link.href = URL.createObjectURL(file);
    link.download = sheet.dataset.filename.replace(/[^\p{L}\p{M}\p{N}.@_-]+/gu, "-");
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  };

  document.querySelector("[data-toolbar]").hidden = false;
  for (const button of all("[data-copy-codes]")) {
    button.addEventListener("click", () => copy(codes, button));
  }
  for (const button of all("[data-download-codes]")) {
    button.addEventListener("click", () => {
      save();
      done(button);
    });
  }
  for (const button of all("[data-print]")) {
    button.addEventListener("click", () => window.print());
  }
}

// Moments in the zone and habit of whoever reads; UTC stays in the title.
const language = document.documentElement.lang;
const locale = navigator.languages.find((tag) => tag.split("-")[0] === language) ?? language;
for (const element of all("time[datetime]")) {
  const moment = new Date(element.dateTime);
  if (!Number.isNaN(moment.valueOf())) {
    element.textContent = new Intl.DateTimeFormat(locale, {
      dateStyle: "long",
      timeStyle: "short",
    }).format(moment);
  }
}

// Back to the application once the pages of the others are there, or after a while.
for (const link of all("a[data-go-on]")) {
  let gone = false;
  const go = () => {
    if (!gone) window.location.replace(link.href);
    gone = true;
  };
  window.addEventListener("load", go);
  setTimeout(go, 3000);
}

// An answer on its way to an application goes without a press of the button.
for (const form of all("form[data-send-now]")) form.requestSubmit();
