// Block Kit, as far as an assistant needs it (docs.slack.dev/reference/block-kit). What is not known is named.

import { button, el, icon } from "../dom.js";
import { link } from "../text/links.js";
import { markdown } from "../text/markdown.js";
import { mrkdwn } from "../text/mrkdwn.js";

/** `press(action_id, value)`; `pressed` says which values are shown as pressed. */
export function block(body, { names, press, pressed = () => false }) {
  const text = (object) => (object?.type === "mrkdwn" ? mrkdwn(object.text, names) : (object?.text ?? ""));
  const element = (part) => {
    switch (part.type) {
      case "feedback_buttons":
        return ["positive_button", "negative_button"].map((side) => thumb(part, part[side], side === "positive_button" ? "up" : "down"));
      case "button":
        return part.url
          ? link(part.url, part.text?.text ?? "Open")
          : button(part.text?.text ?? "Press", () => press(part.action_id, part.value ?? ""), { class: `block-button ${part.style ?? ""}` });
      case "mrkdwn":
      case "plain_text":
        return el("span", {}, text(part));
      default:
        return el("span", { class: "faint", text: `[${part.type}]` });
    }
  };
  const thumb = (part, side, name) =>
    el(
      "button",
      {
        type: "button",
        class: "thumb",
        "aria-label": side.accessibility_label ?? side.text?.text ?? name,
        title: side.text?.text ?? name,
        "aria-pressed": String(pressed(side.value)),
        on: { click: () => press(part.action_id, side.value) },
      },
      icon(name),
    );
  switch (body.type) {
    case "markdown":
      return el("div", { class: "text" }, markdown(String(body.text ?? "")));
    case "header":
      return el("p", { class: "header" }, text(body.text));
    case "divider":
      return el("hr");
    case "section":
      return el("div", { class: "text" }, text(body.text), (body.fields ?? []).map((each) => el("p", {}, text(each))), body.accessory ? element(body.accessory) : null);
    case "context":
      return el("div", { class: "context" }, (body.elements ?? []).map(element));
    case "actions":
    case "context_actions":
      return el("div", { class: "actions" }, (body.elements ?? []).map(element));
    case "input":
      return el(
        "label",
        { class: "field" },
        el("span", {}, text(body.label)),
        el("textarea", { name: body.element.action_id, rows: "8", maxlength: body.element.max_length ?? null, required: body.optional ? null : "" }, body.element.initial_value ?? ""),
      );
    case "rich_text":
      return el("div", { class: "text" }, richText(body));
    default:
      return el("p", { class: "faint", text: `[${body.type} block]` });
  }
}

function richText(body) {
  return (body.elements ?? []).map((section) => el("p", {}, (section.elements ?? []).map((each) => String(each.text ?? each.url ?? ""))));
}
