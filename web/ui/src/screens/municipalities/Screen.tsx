import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { useQuery } from "@tanstack/react-query";
import { api, data, type Schemas } from "@/api/client";
import { newKey } from "@/api/keys";
import { useMunicipality, type Municipality } from "@/app/municipality";
import { useFormat } from "@/format/use-format";
import { Asked } from "@/parts/Asked";
import { Button } from "@/parts/Button";
import { Check } from "@/parts/Checks";
import { Edited, tagged } from "@/parts/Edited";
import { Form } from "@/parts/Form";
import { Panel } from "@/parts/Panel";
import { Rows } from "@/parts/Rows";
import { Sheet } from "@/parts/Sheet";
import { Text } from "@/parts/Text";
import { useSave } from "@/parts/use-save";
import { TimeZone } from "@/screens/settings/TimeZone";
import css from "./municipalities.module.css";

type Patch = Schemas["MunicipalityPatch"];
const MINUTE = 60;

/** All municipalities of this Weir; each sees nothing of the others. */
export default function MunicipalitiesScreen(): ReactNode {
  const t = useTranslations("municipalities");
  const app = useTranslations("app");
  const format = useFormat();
  const { id: here, choose } = useMunicipality();
  const all = useQuery({
    queryKey: ["municipalities", "all"],
    queryFn: () => data(api.GET("/api/v1/municipalities", { params: { query: { limit: 1000 } } })),
  });
  const [edited, setEdited] = useState<Municipality | "new" | null>(null);
  const close = (): void => setEdited(null);
  return (
    <div className={css["stack"]}>
      <h1>{app("screens.municipalities")}</h1>
      <Panel
        title={app("screens.municipalities")}
        actions={
          <Button kind="primary" icon="plus" onPress={() => setEdited("new")}>
            {t("add")}
          </Button>
        }
      >
        <Asked of={all} empty={t("none")}>
          {(found) => (
            <Rows
              label={app("screens.municipalities")}
              rows={found}
              keyOf={(each) => each.id}
              columns={[
                { name: t("name"), isHead: true, cell: (each) => <bdi>{each.demo && !each.name.includes(t("demo")) ? `${each.name} (${t("demo")})` : each.name}</bdi> },
                { name: t("timeZone"), cell: (each) => <bdi>{each.time_zone}</bdi> },
                { name: t("late"), cell: (each) => format.duration(each.lateness_seconds * 1000) },
                { name: t("listed"), cell: (each) => (each.require_whitelist ? app("yes") : app("no")) },
                { name: t("made"), cell: (each) => format.date(each.created_at) },
              ]}
              actions={(each) => (
                <div className={css["buttons"]}>
                  <Button isDisabled={each.id === here} aria-label={`${each.id === here ? t("looking") : t("look")}: ${each.name}`} onPress={() => choose(each.id)}>
                    {each.id === here ? t("looking") : t("look")}
                  </Button>
                  <Button icon="edit" aria-label={`${app("edit")}: ${each.name}`} onPress={() => setEdited(each)} />
                </div>
              )}
            />
          )}
        </Asked>
      </Panel>
      <Sheet title={edited === "new" || edited === null ? t("add") : edited.name} isOpen={edited !== null} onClose={close}>
        {edited === "new" && <Add done={close} />}
        {edited !== null && edited !== "new" && <Edit municipality={edited} done={close} />}
      </Sheet>
    </div>
  );
}

function Add({ done }: { done: () => void }): ReactNode {
  const t = useTranslations("municipalities");
  const [name, setName] = useState("");
  const [zone, setZone] = useState(() => Intl.DateTimeFormat().resolvedOptions().timeZone);
  const { save, isSaving } = useSave(
    (_: null) =>
      data(api.POST("/api/v1/municipalities", { params: { header: { "Idempotency-Key": newKey() } }, body: { name, time_zone: zone } })),
    { touches: ["municipalities"], onDone: done },
  );
  return (
    <Form isBusy={isSaving} onSubmit={() => save(null)} onCancel={done}>
      <Text label={t("name")} isRequired maxLength={128} autoFocus value={name} onChange={setName} />
      <TimeZone label={t("timeZone")} value={zone} onChange={setZone} />
      <p className={css["hint"]}>{t("next")}</p>
    </Form>
  );
}

function Edit({ municipality: { id }, done }: { municipality: Municipality; done: () => void }): ReactNode {
  const params = { path: { municipality: id } };
  const found = useQuery({
    queryKey: ["municipalities", "one", id],
    queryFn: () => tagged(api.GET("/api/v1/municipalities/{municipality}", { params })),
    staleTime: 0,
    gcTime: 0,
  });
  const change = (body: Patch, etag: string): Promise<unknown> =>
    data(api.PATCH("/api/v1/municipalities/{municipality}", { params: { ...params, header: { "If-Match": etag } }, body }));
  return (
    <Edited of={found} change={change} touches={["municipalities", "settings"]} onDone={done}>
      {(municipality, save, isSaving) => <Change municipality={municipality} save={save} isSaving={isSaving} done={done} />}
    </Edited>
  );
}

function Change({ municipality, save, isSaving, done }: {
  municipality: Municipality; save: (patch: Patch) => void; isSaving: boolean; done: () => void;
}): ReactNode {
  const t = useTranslations("municipalities");
  const [name, setName] = useState(municipality.name);
  const [zone, setZone] = useState(municipality.time_zone);
  const [late, setLate] = useState(String(municipality.lateness_seconds / MINUTE));
  const [isListed, setListed] = useState(municipality.require_whitelist);
  const submit = (): void => save({ name, time_zone: zone, lateness_seconds: Number(late) * MINUTE, require_whitelist: isListed });
  return (
    <Form isBusy={isSaving} onSubmit={submit} onCancel={done}>
      <Text label={t("name")} isRequired maxLength={128} value={name} onChange={setName} />
      <TimeZone label={t("timeZone")} value={zone} onChange={setZone} />
      <Text label={t("lateMinutes")} type="number" isRequired value={late} onChange={setLate} />
      <Check isSelected={isListed} onChange={setListed}>
        {t("listed")}
      </Check>
    </Form>
  );
}
