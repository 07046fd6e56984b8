import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, data, type Schemas } from "@/api/client";
import { newKey } from "@/api/keys";
import { useFormat } from "@/format/use-format";
import { Ago } from "@/parts/Ago";
import { Asked } from "@/parts/Asked";
import { Button } from "@/parts/Button";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { useSave } from "@/parts/use-save";
import css from "./system.module.css";

type Shelf = Schemas["BackupsOut"];
type Run = Schemas["BackupRunOut"];
type Backup = Schemas["BackupOut"];

const SOON = 2_000;
const LATER = 60_000;
const MEBI = 2 ** 20;
const GIBI = 2 ** 30;

/** Which backups there are, how the last ones went, one more now, and what to type when one is needed. */
export function Backups(): ReactNode {
  const t = useTranslations("system");
  const found = useQuery({
    queryKey: ["backups", "all"],
    queryFn: () => data(api.GET("/api/v1/admin/backups")),
    refetchInterval: ({ state }) => (state.data?.running ? SOON : LATER),
  });
  return (
    <Panel title={t("backups")}>
      <Asked of={found}>
        {(shelf) => (
          <div className={css["stack"]}>
            <State shelf={shelf} />
            <Kept shelf={shelf} />
            <Commands shelf={shelf} />
          </div>
        )}
      </Asked>
    </Panel>
  );
}

function State({ shelf }: { shelf: Shelf }): ReactNode {
  const t = useTranslations("system");
  const size = useSize();
  const { save, isSaving } = useSave((key: string) => data(api.POST("/api/v1/admin/backups", { headers: { "Idempotency-Key": key } })), {
    touches: ["backups"],
  });
  const isRunning = shelf.running !== null;
  return (
    <>
      <p role="status">
        {isRunning ? t("backup.running") : shelf.last ? <Ended run={shelf.last} /> : t("backup.noneRun")}
      </p>
      {shelf.last && shelf.last.outcome !== "done" && !isRunning && <Problems all={shelf.last.problems} />}
      <p>{shelf.nightly ? t("backup.nightlyOn", { time: shelf.nightly_at, keep: shelf.keep }) : t("backup.nightlyOff")}</p>
      {shelf.last_nightly && shelf.last_nightly !== shelf.last && (
        <p>
          {t("backup.lastNight")} <Ended run={shelf.last_nightly} />
        </p>
      )}
      <p>
        {t("backup.folder")} <code className={css["path"]} dir="ltr">{shelf.folder}</code>
        {shelf.free_bytes !== null && <> {t("backup.free", { size: size(shelf.free_bytes) })}</>}
      </p>
      <div>
        <Button kind="primary" isDisabled={isSaving || isRunning} onPress={() => save(newKey())}>
          {t("backup.now")}
        </Button>
      </div>
    </>
  );
}

function Ended({ run }: { run: Run }): ReactNode {
  const t = useTranslations("system");
  return (
    <>
      {t(`outcomes.${run.outcome}`, { cause: t(`causes.${run.cause}`) })} {run.ended_at && <Ago at={run.ended_at} />}
    </>
  );
}

function Problems({ all }: { all: string[] }): ReactNode {
  return (
    <ul className={css["issues"]}>
      {all.map((problem) => (
        <li key={problem}>
          <bdi>{problem}</bdi>
        </li>
      ))}
    </ul>
  );
}

function Kept({ shelf }: { shelf: Shelf }): ReactNode {
  const t = useTranslations("system");
  const format = useFormat();
  const size = useSize();
  if (shelf.backups.length === 0) return <p>{t("backup.none")}</p>;
  return (
    <Rows
      label={t("backup.kept")}
      rows={shelf.backups}
      keyOf={(one) => one.name}
      columns={[
        { name: t("backup.madeAt"), isHead: true, cell: (one) => (one.made_at ? format.dateTime(one.made_at) : <bdi>{one.name}</bdi>) },
        { name: t("backup.size"), cell: (one) => <bdi>{size(one.bytes)}</bdi> },
        { name: t("backup.whole"), cell: (one) => <Verdict one={one} /> },
        { name: t("backup.keys"), cell: (one) => (one.keys ? t(`keyCare.${one.keys}`) : "–") },
        { name: t("backup.version"), cell: (one) => <bdi>{one.version ?? "–"}</bdi> },
      ]}
    />
  );
}

function Verdict({ one }: { one: Backup }): ReactNode {
  const t = useTranslations("system");
  if (!one.own && one.verified !== false) return t("backup.foreign");
  if (one.verified === null) return t("backup.unknown");
  if (one.verified) return t("backup.verified");
  return (
    <>
      <strong>{t("backup.damaged")}</strong> <bdi>{one.problems.join(" ")}</bdi>
    </>
  );
}

/** What has to be typed at the computer; a browser cannot restore what it is served from. */
function Commands({ shelf }: { shelf: Shelf }): ReactNode {
  const t = useTranslations("system");
  const verify = shelf.restore.replace(/^weir restore (--from .+) --data .+$/su, "weir backup verify $1");
  const commands = [
    ["restore", `${shelf.restore}\n${shelf.serve_restored}`],
    ["verify", verify],
    ...(shelf.nightly ? [] : [["nightly", 'backup_to = "/mnt/backups"\nbackup_keep = 14'] as const]),
  ] as const;
  return (
    <>
      <h3>{t("backup.howTo")}</h3>
      <p>{t("backup.restoreHow")}</p>
      <dl className={css["commands"]}>
        {commands.map(([what, command]) => (
          <div key={what}>
            <dt>{t(`backup.${what}`)}</dt>
            <dd>
              <code dir="ltr">{command}</code>
            </dd>
          </div>
        ))}
      </dl>
      <p className={css["hint"]}>{t("backupsKeys")}</p>
    </>
  );
}

function useSize(): (bytes: number) => string {
  const t = useTranslations("system");
  return (bytes) =>
    bytes < GIBI ? t("mib", { size: Math.max(1, Math.round(bytes / MEBI)) }) : t("gib", { size: Math.round((bytes / GIBI) * 10) / 10 });
}
