import { createElement, Fragment, type ReactNode } from "react";
import { Link } from "wouter";
import { PAGES } from "virtual:help-index";
import css from "./help.module.css";
import { blocks, spans, target, type Block } from "./markdown";

const IDS = PAGES.map(({ id }) => id);

/** One page; every element is made here, so whatever stands in a page is text. */
export function Page({ id, text }: { id: string; text: string }): ReactNode {
  const shown = blocks(text).filter((block) => !(block.kind === "heading" && block.level === 1));
  return (
    <article className={css["page"]} lang="en" dir="ltr">
      {together(shown, (block) => drawn(block, id))}
    </article>
  );
}

/** Several that never change places, so that they need no names. */
function together<T>(parts: readonly T[], draw: (part: T) => ReactNode): ReactNode {
  return createElement(Fragment, null, ...parts.map(draw));
}

function drawn(block: Block, page: string): ReactNode {
  switch (block.kind) {
    case "heading":
      return createElement(block.level === 2 ? "h2" : "h3", { id: block.id }, line(block.text, page));
    case "text":
      return <p>{line(block.text, page)}</p>;
    case "code":
      return (
        <pre>
          <code>{block.text}</code>
        </pre>
      );
    case "list": {
      const items = together(block.items, (item) => <li>{line(item, page)}</li>);
      return block.isOrdered ? <ol>{items}</ol> : <ul>{items}</ul>;
    }
    case "table":
      return table(block, page);
  }
}

function table({ head, rows }: Extract<Block, { kind: "table" }>, page: string): ReactNode {
  const row = (cells: string[]): ReactNode => <tr>{together(cells, (cell) => <td>{line(cell, page)}</td>)}</tr>;
  return (
    <div className={css["wide"]}>
      <table>
        <thead>
          <tr>{together(head, (cell) => <th scope="col">{line(cell, page)}</th>)}</tr>
        </thead>
        <tbody>{together(rows, row)}</tbody>
      </table>
    </div>
  );
}

function line(text: string, page: string): ReactNode {
  return together(spans(text), (span) => {
    if (span.kind === "code") return <code>{span.text}</code>;
    if (span.kind === "strong") return <strong>{span.text}</strong>;
    if (span.kind === "em") return <em>{span.text}</em>;
    const words = span.text.replaceAll("`", "");
    const to = span.kind === "link" ? target(span.to, page, IDS) : null;
    return to === null ? words : <Link href={`/help/${to}`}>{words}</Link>;
  });
}
