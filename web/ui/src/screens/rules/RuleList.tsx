import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { Switch } from "react-aria-components";
import { useTranslations } from "use-intl";
import { Link, useLocation, useSearchParams } from "wouter";
import { api, data } from "@/api/client";
import { useMay } from "@/api/may";
import { Button } from "@/parts/Button";
import { Panel } from "@/parts/Panel";
import { PriorityMark } from "@/parts/PriorityMark";
import { Sheet } from "@/parts/Sheet";
import { Empty, Failed, Loading } from "@/parts/states";
import { Text } from "@/parts/Text";
import { tellDone, useTellFailed } from "@/parts/toasts";
import { useRuleName } from "@/parts/use-title";
import { useSentence } from "./sentence";
import { useAllRules, type Rule } from "./use-rules";
import css from "./Rules.module.css";

/** All rules with what each means; switched on and off here. */
export function RuleList(): ReactNode {
  const nameOf = useRuleName();
  const t = useTranslations("rules");
  const may = useMay();
  const [, go] = useLocation();
  const [said, say] = useSearchParams();
  const [gone, setGone] = useState<Rule | null>(null);
  const sentence = useSentence();
  const { data: rules, error, refetch } = useQuery(useAllRules());
  const words = (said.get("q") ?? "").trim().toLocaleLowerCase();
  const found = (rules ?? []).filter((rule) => `${nameOf(rule)} ${sentence(rule)}`.toLocaleLowerCase().includes(words));
  return (
    <Panel
      level={1}
      title={t("title")}
      actions={may("rules.edit") && <Button kind="primary" icon="plus" onPress={() => go("/rules/new")}>{t("new")}</Button>}
      fill
    >
      <Text label={t("find")} value={said.get("q") ?? ""} onChange={(q) => say(q ? { q } : {}, { replace: true })} />
      {error && <Failed problem={error} retry={() => void refetch()} />}
      {!rules && !error && <Loading />}
      {rules && found.length === 0 && <Empty>{rules.length === 0 ? t("none") : t("noneFound")}</Empty>}
      <ul className={css["list"]}>
        {found.map((rule) => (
          <li key={rule.id} data-rule={rule.id} data-off={!rule.enabled || undefined}>
            <PriorityMark severity={rule.severity} hollow={!rule.enabled} />
            <div>
              <Link href={`/rules/${rule.id}`}>{nameOf(rule)}</Link>
              {rule.built_in && <small> · {t("builtIn")}</small>}
              <p>{sentence(rule)}</p>
            </div>
            {may("rules.edit") ? <Acts rule={rule} remove={() => setGone(rule)} /> : <span>{rule.enabled ? t("on") : t("off")}</span>}
          </li>
        ))}
      </ul>
      {gone && <Remove rule={gone} onClose={() => setGone(null)} />}
    </Panel>
  );
}

function Acts({ rule, remove }: { rule: Rule; remove: () => void }): ReactNode {
  const nameOf = useRuleName();
  const t = useTranslations("rules");
  const app = useTranslations("app");
  const queries = useQueryClient();
  const failed = useTellFailed();
  const { mutate, isPending } = useMutation({
    mutationFn: (enabled: boolean) => data(api.PATCH("/api/v1/rules/{rule}", { params: { path: { rule: rule.id } }, body: { enabled } })),
    onSettled: () => void queries.invalidateQueries({ queryKey: ["rules"] }),
    onError: failed,
  });
  return (
    <div className={css["acts"]}>
      <Switch className={css["switch"] ?? ""} isSelected={rule.enabled} isDisabled={isPending} onChange={(enabled) => mutate(enabled)} aria-label={t("isOn", { name: nameOf(rule) })}>
        <span className={css["track"]} aria-hidden="true" />
        <span>{rule.enabled ? t("on") : t("off")}</span>
      </Switch>
      <Button kind="quiet" icon="trash" aria-label={`${app("delete")}: ${nameOf(rule)}`} onPress={remove} />
    </div>
  );
}

export function Remove({ rule, onClose, onDone }: { rule: Rule; onClose: () => void; onDone?: () => void }): ReactNode {
  const nameOf = useRuleName();
  const t = useTranslations("rules");
  const app = useTranslations("app");
  const queries = useQueryClient();
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => {
      const { response, error: problem } = await api.DELETE("/api/v1/rules/{rule}", { params: { path: { rule: rule.id } } });
      if (!response.ok) await data(Promise.resolve({ response, error: problem }));
    },
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ["rules"] });
      tellDone(t("removed", { name: nameOf(rule) }));
      onClose();
      onDone?.();
    },
  });
  return (
    <Sheet title={t("remove", { name: nameOf(rule) })} isOpen onClose={onClose}>
      <p>{t("removeWhat")}</p>
      {error && <Failed problem={error} />}
      <div className={css["acts"]}>
        <Button kind="danger" isDisabled={isPending} onPress={() => mutate()}>{app("delete")}</Button>
        <Button onPress={onClose}>{app("cancel")}</Button>
      </div>
    </Sheet>
  );
}
