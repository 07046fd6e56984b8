import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { useFormat } from "@/format/use-format";
import type { Line } from "./filters";
import css from "./audit.module.css";

/** All that a line says, and what binds it to the one before. */
export function Details({ line }: { line: Line }): ReactNode {
  const t = useTranslations("audit");
  const format = useFormat();
  const facts: [string, ReactNode][] = [
    [t("when"), format.dateTime(line.at)],
    [t("who"), [line.who.kind, line.who.name, line.who.id].filter((part) => part !== "" && part !== null).join(" · ")],
    [t("address"), line.who.address || "–"],
    [t("action"), line.action],
    [t("object"), [line.object.kind, line.object.name, line.object.id].filter(Boolean).join(" · ") || "–"],
    [t("outcome"), line.outcome],
    ...Object.entries(line.details as Record<string, unknown>).map(([name, value]): [string, ReactNode] => [name, said(value)]),
    [t("previous"), line.previous],
    [t("hash"), line.hash],
    [t("signature"), line.signature],
  ];
  return (
    <dl className={css["facts"]}>
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>
            <bdi>{value}</bdi>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function said(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
