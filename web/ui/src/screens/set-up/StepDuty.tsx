import { useMutation, useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, data, type Schemas } from "@/api/client";
import { newKey } from "@/api/keys";
import { useMunicipality } from "@/app/municipality";
import { usePreferences } from "@/app/preferences";
import { Button } from "@/parts/Button";
import { Form } from "@/parts/Form";
import { Rows } from "@/parts/Rows";
import { Failed, Loading } from "@/parts/states";
import { Text } from "@/parts/Text";
import { useSave } from "@/parts/use-save";
import { chooseLanguage } from "@/strings/languages";
import css from "./Wizard.module.css";

type Channel = Schemas["ChannelOut"];

/** Who is told by e-mail, and whether a mail really gets out. */
export function StepDuty(): ReactNode {
  const t = useTranslations("setUp.duty");
  const { id } = useMunicipality();
  const query = { municipality_id: id, limit: 200 };
  const channels = useQuery({ queryKey: ["channels", id], queryFn: () => data(api.GET("/api/v1/channels", { params: { query } })) });
  const test = useMutation({
    mutationFn: (channel: Channel) => data(api.POST("/api/v1/channels/{channel}/test", { params: { path: { channel: channel.id } } })),
  });
  const mails = (channels.data ?? []).filter((each) => each.kind === "email");
  return (
    <>
      <p>{t("about")}</p>
      {channels.isPending && <Loading />}
      {channels.isError && <Failed problem={channels.error} retry={() => void channels.refetch()} />}
      {mails.length > 0 && (
        <Rows
          label={t("people")}
          rows={mails}
          keyOf={(each) => each.id}
          columns={[
            { name: t("name"), isHead: true, cell: (each) => <bdi>{each.name}</bdi> },
            { name: t("email"), cell: (each) => <bdi>{each.target}</bdi> },
          ]}
          actions={(each) => (
            <Button isDisabled={test.isPending} onPress={() => test.mutate(each)}>
              {t("test")}
            </Button>
          )}
        />
      )}
      {test.isPending && <p role="status">{t("sending")}</p>}
      {test.isSuccess && (
        <p className={css["told"]} role="status">
          {t("sent", { email: test.variables.target })}
        </p>
      )}
      {test.isError && (
        <>
          <Failed problem={test.error} />
          <p className={css["hint"]}>{t("failed")}</p>
        </>
      )}
      <Add municipality={id} added={(made) => test.mutate(made)} />
    </>
  );
}

function Add({ municipality, added }: { municipality: number; added: (made: Channel) => void }): ReactNode {
  const t = useTranslations("setUp.duty");
  const [said, setSaid] = useState({ name: "", target: "" });
  const [once, setOnce] = useState(newKey);
  const language = chooseLanguage(usePreferences().language, navigator.languages);
  const { save, isSaving } = useSave(
    (_: null) =>
      data(
        api.POST("/api/v1/channels", {
          params: { header: { "Idempotency-Key": once } },
          body: { ...said, kind: "email", language, municipality_id: municipality } as Schemas["ChannelIn"],
        }),
      ),
    {
      touches: ["channels", "setup-progress"],
      onDone: (made) => {
        setSaid({ name: "", target: "" });
        added(made);
      },
    },
  );
  const set = (change: Partial<typeof said>): void => {
    setSaid({ ...said, ...change });
    setOnce(newKey());
  };
  return (
    <Form onSubmit={() => save(null)} isBusy={isSaving} submit={t("add")}>
      <Text label={t("name")} isRequired value={said.name} onChange={(name) => set({ name })} />
      <Text label={t("email")} type="email" isRequired value={said.target} onChange={(target) => set({ target })} />
    </Form>
  );
}
