import { useQuery } from "@tanstack/react-query";
import { useEffect, useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Link, useLocation } from "wouter";
import { PAGES } from "virtual:help-index";
import { Asked } from "@/parts/Asked";
import { Panel } from "@/parts/Panel";
import { Text } from "@/parts/Text";
import css from "./help.module.css";
import { search } from "./markdown";
import { Page } from "./Page";

const GROUPS = ["how-to", "reference"] as const;

/** How things are done, and what everything is called: the pages come with the program. */
export default function HelpScreen(): ReactNode {
  const [path] = useLocation();
  const id = decodeURIComponent(path.replace(/^\/help\/?/u, ""));
  const page = PAGES.find((each) => each.id === id);
  return page ? <One key={id} id={id} title={page.title} /> : <All />;
}

function useTexts(isWanted = true): ReturnType<typeof useQuery<Readonly<Record<string, string>>>> {
  return useQuery({
    queryKey: ["help"],
    queryFn: async () => (await import("virtual:help-texts")).TEXTS,
    staleTime: Infinity,
    enabled: isWanted,
    networkMode: "always",
  });
}

function One({ id, title }: { id: string; title: string }): ReactNode {
  const app = useTranslations("app");
  const texts = useTexts();
  useEffect(() => {
    const part = decodeURIComponent(window.location.hash.slice(1));
    if (part && texts.data) document.getElementById(part)?.scrollIntoView();
  }, [texts.data]);
  return (
    <div className={css["stack"]}>
      <p>
        <Link href="/help">{app("screens.help")}</Link>
      </p>
      <Panel level={1} title={<span lang="en">{title}</span>}>
        <Asked of={texts}>{(found) => <Page id={id} text={found[id] ?? ""} />}</Asked>
      </Panel>
    </div>
  );
}

function All(): ReactNode {
  const t = useTranslations("help");
  const app = useTranslations("app");
  const [words, setWords] = useState("");
  const texts = useTexts(words !== "");
  const met = words ? search(words, PAGES, texts.data ?? {}) : PAGES.map(({ id }) => id);
  return (
    <div className={css["stack"]}>
      <h1>{app("screens.help")}</h1>
      <p>{t("about")}</p>
      <Text label={t("search")} type="search" value={words} onChange={setWords} />
      {met.length === 0 && <p role="status">{t("nothing")}</p>}
      {GROUPS.map((group) => {
        const pages = PAGES.filter(({ id }) => id.startsWith(`${group}/`) && met.includes(id));
        return (
          pages.length > 0 && (
            <Panel key={group} title={t(`groups.${group}`)}>
              <ul className={css["pages"]} lang="en" dir="ltr">
                {pages.map(({ id, title }) => (
                  <li key={id}>
                    <Link href={`/help/${id}`}>{title}</Link>
                  </li>
                ))}
              </ul>
            </Panel>
          )
        );
      })}
    </div>
  );
}
