// Keys for those who compare: 1 takes the first answer, 2 the second, 0 says that they are as good.

const BUTTONS = { 1: "first", 2: "second", 0: "same" };
const form = document.getElementById("compare");

function onKey(event) {
  const better = BUTTONS[event.key];
  if (better && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    form.querySelector(`button[value="${better}"]`).click();
  }
}

if (form) {
  document.addEventListener("keydown", onKey);
}
