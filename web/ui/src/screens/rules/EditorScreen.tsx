import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Link, useLocation } from "wouter";
import { api, data, whole } from "@/api/client";
import { newKey } from "@/api/keys";
import { useMay } from "@/api/may";
import { ApiProblem } from "@/api/problem";
import { useMunicipality } from "@/app/municipality";
import { Button } from "@/parts/Button";
import { Icon } from "@/parts/Icon";
import { Panel } from "@/parts/Panel";
import { Failed, Loading } from "@/parts/states";
import { tellDone } from "@/parts/toasts";
import { useRuleName } from "@/parts/use-title";
import { draftOf, emptyDraft, ruleOf, type Draft } from "./draft";
import { Fields } from "./Fields";
import { Replay } from "./Replay";
import { Remove } from "./RuleList";
import { useSentence } from "./sentence";
import type { Rule } from "./use-rules";
import css from "./Rules.module.css";

interface Known {
  rule: Rule;
  etag: string;
}

/** Make or change a rule, and see on history what it would have raised, before it holds. */
export function EditorScreen({ id, sensor }: { id: number | null; sensor: number | null }): ReactNode {
  const { data: known, error, refetch } = useQuery({
    queryKey: ["rule", id],
    queryFn: async (): Promise<Known> => {
      const found = await whole(api.GET("/api/v1/rules/{rule}", { params: { path: { rule: id ?? 0 } } }));
      return { rule: found.data, etag: found.headers.get("ETag") ?? "" };
    },
    enabled: id !== null,
    staleTime: Infinity,
    gcTime: 0,
  });
  if (error) return <Failed problem={error} retry={() => void refetch()} />;
  if (id !== null && !known) return <Loading />;
  // Another edition of the rule is another form: what was based on the old one is gone with it.
  return <Editor key={known?.etag ?? "new"} known={known ?? null} sensor={sensor} reload={() => void refetch()} />;
}

function Editor({ known, sensor, reload }: { known: Known | null; sensor: number | null; reload: () => void }): ReactNode {
  const t = useTranslations("rules");
  const app = useTranslations("app");
  const may = useMay();
  const [, go] = useLocation();
  const nameOf = useRuleName();
  const [draft, setDraft] = useState<Draft>(() => (known ? draftOf(known.rule, nameOf(known.rule)) : emptyDraft(sensor)));
  const [isLeaving, setLeaving] = useState(false);
  const back = sensor === null ? "/rules" : `/sensors/${sensor}`;
  const save = useSave(known, draft, () => go(back));
  const shown = ruleOf(draft, draft.name.trim() || "–");
  const ready = ruleOf(draft);
  return (
    <div className={css["screen"]}>
      <Link href={back} className={css["back"] ?? ""}>
        <Icon name="back" size={16} /> {sensor === null ? t("all") : t("toSensor")}
      </Link>
      <div className={css["editor"]}>
        <Panel level={1} title={known ? t("change") : t("new")}>
          <form
            className={css["form"]}
            onSubmit={(event) => {
              event.preventDefault();
              if (ready) save.mutate();
            }}
          >
            <Fields draft={draft} set={(part) => setDraft((before) => ({ ...before, ...part }))} />
            <Meaning draft={draft} />
            <Refused problem={save.error} reload={reload} />
            {may("rules.edit") && (
              <div className={css["acts"]}>
                <Button kind="primary" type="submit" isDisabled={!ready || save.isPending}>{app("save")}</Button>
                {known && <Button kind="danger" icon="trash" onPress={() => setLeaving(true)}>{app("delete")}</Button>}
              </div>
            )}
          </form>
        </Panel>
        <Replay rule={shown} preferred={sensor ?? draft.sensor} />
      </div>
      {isLeaving && known && <Remove rule={known.rule} onClose={() => setLeaving(false)} onDone={() => go(back)} />}
    </div>
  );
}

/** What the draft means, in one sentence. */
function Meaning({ draft }: { draft: Draft }): ReactNode {
  const t = useTranslations("rules");
  const sentence = useSentence();
  const rule = ruleOf(draft, "–");
  const meant = rule && { condition: rule.condition, sensor_id: rule.sensor_id ?? null, sensor_type: rule.sensor_type ?? null, severity: draft.severity, resolve_when_cleared: draft.resolves };
  return <p className={css["sentence"]} aria-live="polite">{meant ? sentence(meant) : t("notWhole")}</p>;
}

/** Why it was not saved; where somebody else was faster, the way to theirs. */
function Refused({ problem, reload }: { problem: Error | null; reload: () => void }): ReactNode {
  const t = useTranslations("rules");
  if (!problem) return null;
  if (!(problem instanceof ApiProblem && problem.status === 412)) return <Failed problem={problem} />;
  return (
    <div className={css["overtaken"]} role="alert">
      <p>{t("overtaken")}</p>
      <Button onPress={reload}>{t("theirs")}</Button>
    </div>
  );
}

function useSave(known: Known | null, draft: Draft, done: () => void) {
  const t = useTranslations("rules");
  const nameOf = useRuleName();
  const queries = useQueryClient();
  const { id: municipality_id } = useMunicipality();
  const [key] = useState(() => newKey());
  return useMutation({
    mutationFn: async () => {
      const rule = ruleOf(draft);
      if (!rule) throw new Error(t("notWhole"));
      if (!known) return data(api.POST("/api/v1/rules", { params: { header: { "Idempotency-Key": key } }, body: { ...rule, municipality_id } }));
      const { municipality_id: _, alert_type, name, ...change } = rule;
      return data(api.PATCH("/api/v1/rules/{rule}", {
        params: { path: { rule: known.rule.id }, header: { "If-Match": known.etag } },
        // A built-in rule keeps the name that everybody reads in their own language, until somebody types another.
        body: { ...change, ...(name !== nameOf(known.rule) && { name }), ...(alert_type && { alert_type }) },
      }));
    },
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["rules"] });
      tellDone(t("saved"));
      done();
    },
  });
}
