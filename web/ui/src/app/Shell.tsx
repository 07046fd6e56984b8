import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Link } from "wouter";
import { useMay } from "@/api/may";
import { Notices } from "@/offline/Notices";
import { Icon } from "@/parts/Icon";
import { CommandPalette } from "./CommandPalette";
import { SoundStrip } from "@/sound/SoundStrip";
import { LineNotice } from "./LineNotice";
import { SCREENS, type Group, type Screen } from "./screens";
import { TopBar } from "./TopBar";
import css from "./Shell.module.css";

const GROUPS: readonly Group[] = ["watch", "work", "set", "system"];
const THUMBS = 4;

/** What is around every screen: a rail beside it on a desk, a bar under it on a phone. */
export function Shell({ screen, children }: { screen: Screen; children: ReactNode }): ReactNode {
  const t = useTranslations("app");
  const [isFinding, setFinding] = useState(false);
  const may = useMay();
  const mine = SCREENS.filter((each) => each.permission === null || may(each.permission));
  return (
    <div className={css["shell"]}>
      <a className={css["skip"]} href="#content">
        {t("skip")}
      </a>
      <TopBar onFind={() => setFinding(true)} />
      <div className={css["notices"]}>
        <LineNotice />
        <SoundStrip />
        <Notices />
      </div>
      <Rail mine={mine} screen={screen} />
      <main id="content" className={css["content"]} tabIndex={-1}>
        {children}
      </main>
      <Thumbs mine={mine.filter((each) => !each.bare)} screen={screen} />
      <CommandPalette isOpen={isFinding} setOpen={setFinding} screens={mine} />
    </div>
  );
}

function Rail({ mine, screen }: { mine: Screen[]; screen: Screen }): ReactNode {
  const t = useTranslations("app");
  return (
    <nav className={css["rail"]} aria-label={t("navigation")}>
      {GROUPS.map((group) => {
        const inside = mine.filter((each) => each.group === group);
        if (inside.length === 0) return null;
        return (
          <section key={group} aria-label={t(`groups.${group}`)}>
            <h2>{t(`groups.${group}`)}</h2>
            <ul>
              {inside.map((each) => (
                <li key={each.name}>
                  <Link href={each.path} aria-current={each === screen ? "page" : undefined}>
                    <Icon name={each.icon} />
                    <span>{t(`screens.${each.name}`)}</span>
                  </Link>
                </li>
              ))}
            </ul>
          </section>
        );
      })}
    </nav>
  );
}

/** A phone's bar: what one hand needs first, and the rest behind “More”. */
function Thumbs({ mine, screen }: { mine: Screen[]; screen: Screen }): ReactNode {
  const t = useTranslations("app");
  const [isOpen, setOpen] = useState(false);
  const first = mine
    .filter((each) => each.thumb !== undefined)
    .sort((one, other) => (one.thumb ?? 0) - (other.thumb ?? 0))
    .slice(0, THUMBS);
  const rest = mine.filter((each) => !first.includes(each));
  return (
    <nav className={css["thumbs"]} aria-label={t("navigation")}>
      {isOpen && (
        <ul className={css["rest"]}>
          {rest.map((each) => (
            <li key={each.name}>
              <Link href={each.path} aria-current={each === screen ? "page" : undefined} onClick={() => setOpen(false)}>
                <Icon name={each.icon} />
                <span>{t(`screens.${each.name}`)}</span>
              </Link>
            </li>
          ))}
        </ul>
      )}
      <ul className={css["bar"]}>
        {first.map((each) => (
          <li key={each.name}>
            <Link href={each.path} aria-current={each === screen ? "page" : undefined} onClick={() => setOpen(false)}>
              <Icon name={each.icon} size={24} />
              <span>{t(`screens.${each.name}`)}</span>
            </Link>
          </li>
        ))}
        <li>
          <button type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
            <Icon name="more" size={24} />
            <span>{t("more")}</span>
          </button>
        </li>
      </ul>
    </nav>
  );
}
