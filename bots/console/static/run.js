// The curve grows while the training runs: the page is loaded anew as long as somebody looks at it.

const SECONDS = 10;

setInterval(() => {
  if (!document.hidden) {
    location.reload();
  }
}, SECONDS * 1000);
