import type { ReactNode } from "react";
import { useLocation, useSearch } from "wouter";
import { EditorScreen } from "./EditorScreen";
import { RuleList } from "./RuleList";

/** All rules, or the one that is made or changed. */
export default function RulesScreen(): ReactNode {
  const [path] = useLocation();
  const sensor = Number(new URLSearchParams(useSearch()).get("sensor")) || null;
  const word = /^\/rules\/(new|\d+)/.exec(path)?.[1];
  if (!word) return <RuleList />;
  return <EditorScreen key={word} id={word === "new" ? null : Number(word)} sensor={sensor} />;
}
