import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Link, useLocation } from "wouter";
import { session } from "@/api/client";
import { useSession } from "@/api/use-session";
import { SEVERITIES, type Severity } from "@/live/situation";
import { useActiveAlerts } from "@/live/use-live";
import { Button } from "@/parts/Button";
import { Choice } from "@/parts/Choice";
import { PriorityMark } from "@/parts/PriorityMark";
import { useTellFailed } from "@/parts/toasts";
import { SoundControl } from "@/sound/SoundControl";
import { useMunicipality } from "./municipality";
import { LineSign } from "./LineSign";
import css from "./TopBar.module.css";

const SHOWN: readonly Severity[] = SEVERITIES.slice(0, 4);

/** The strip over every screen: where, what is new, how fresh, who. */
export function TopBar({ onFind }: { onFind: () => void }): ReactNode {
  const t = useTranslations("app");
  return (
    <header className={css["bar"]}>
      <Place />
      <Counts />
      <LineSign />
      <SoundControl />
      <Button kind="quiet" icon="search" onPress={onFind} className={css["find"] ?? ""}>
        <span className="visually-hidden">{t("palette.title")}</span>
        <kbd>{t("palette.hint")}</kbd>
      </Button>
      <Who />
    </header>
  );
}

function Place(): ReactNode {
  const { id, name, all, choose } = useMunicipality();
  const t = useTranslations("app");
  if (all.length < 2) return <p className={css["place"]}>{name || t("name")}</p>;
  const options = all.map((each) => ({ id: String(each.id), name: each.name }));
  return (
    <div className={css["place"]}>
      <Choice label={t("municipality")} labelHidden options={options} value={String(id)} onChange={(key) => choose(Number(key))} />
    </div>
  );
}

/** How many alarms of each priority nobody has reacted to. */
function Counts(): ReactNode {
  const t = useTranslations("app");
  const fresh = useActiveAlerts().filter((alert) => alert.status === "open");
  return (
    <Link href="/alarms" className={css["counts"] ?? ""} aria-live="polite">
      {SHOWN.map((severity) => {
        const count = fresh.filter((alert) => alert.severity === severity).length;
        const label = t("alarmCount", { count, severity: t(`severity.${severity}`) });
        return (
          <span key={severity} data-none={count === 0 || undefined} title={label}>
            <PriorityMark severity={severity} hollow={count === 0} />
            <b aria-hidden="true">{count}</b>
            <span className="visually-hidden">{label}</span>
          </span>
        );
      })}
    </Link>
  );
}

function Who(): ReactNode {
  const t = useTranslations("app");
  const standing = useSession();
  const [, navigate] = useLocation();
  const failed = useTellFailed();
  if (standing.at !== "inside") return null;
  const name = standing.person.full_name || standing.person.username;
  const leave = (): void => {
    session.signOut().then(() => navigate("/"), failed);
  };
  return (
    <div className={css["who"]}>
      <Link href="/account" title={t("signedInAs", { name })}>
        {name}
      </Link>
      <Button kind="quiet" onPress={leave}>
        {t("signOut")}
      </Button>
    </div>
  );
}
