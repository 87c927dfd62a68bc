// Keys for reviewers: k keeps, d discards, s skips, c goes to the correction, Ctrl+Enter saves it.

const form = document.getElementById("review");
const correction = document.getElementById("correction");

function press(judgement) {
  form.querySelector(`button[value="${judgement}"]`).click();
}

function onKey(event) {
  const writes = event.target === correction;
  if (writes && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    press("correct");
  } else if (writes && event.key === "Escape") {
    correction.blur();
  } else if (!writes && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const deed = {
      k: () => press("keep"),
      d: () => press("discard"),
      s: () => document.getElementById("skip")?.click(),
      c: () => correction.focus(),
    }[event.key];
    if (deed) {
      event.preventDefault();
      deed();
    }
  }
}

if (form) {
  document.addEventListener("keydown", onKey);
}
