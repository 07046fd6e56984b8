import type { ReactNode } from "react";
import { Tab, TabList, TabPanel, Tabs as Base } from "react-aria-components";
import { useLocation, useSearch } from "wouter";
import css from "./Tabs.module.css";

export interface TabOf {
  id: string;
  name: string;
  body: ReactNode;
}

/** Tabs of a screen; which one is open stands in the address (`?tab=`), so that a reload keeps it. */
export function Tabs({ label, tabs }: { label: string; tabs: readonly TabOf[] }): ReactNode {
  const [path, navigate] = useLocation();
  const wanted = new URLSearchParams(useSearch()).get("tab");
  const open = tabs.find((each) => each.id === wanted) ?? tabs[0];
  if (!open) return null;
  return (
    <Base
      className={css["tabs"] ?? ""}
      selectedKey={open.id}
      onSelectionChange={(key) => navigate(`${path}?tab=${String(key)}`, { replace: true })}
    >
      <TabList aria-label={label} className={css["list"] ?? ""}>
        {tabs.map((each) => (
          <Tab key={each.id} id={each.id} className={css["tab"] ?? ""}>
            {each.name}
          </Tab>
        ))}
      </TabList>
      {tabs.map((each) => (
        <TabPanel key={each.id} id={each.id} className={css["panel"] ?? ""}>
          {each.body}
        </TabPanel>
      ))}
    </Base>
  );
}
