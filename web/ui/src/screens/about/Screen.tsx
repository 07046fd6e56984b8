import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Link } from "wouter";
import { api, data } from "@/api/client";
import { useFormat } from "@/format/use-format";
import { Asked } from "@/parts/Asked";
import { Button } from "@/parts/Button";
import { Panel } from "@/parts/Panel";
import { download } from "@/parts/save";
import { useTellFailed } from "@/parts/toasts";
import { Parts } from "./Parts";
import { Shortcuts } from "./Shortcuts";
import css from "./about.module.css";

/** Which Weir this is, how a phone can trust it, its API, and what the keyboard does. */
export default function AboutScreen(): ReactNode {
  const t = useTranslations("about");
  const app = useTranslations("app");
  const here = useQuery({ queryKey: ["context"], queryFn: () => data(api.GET("/api/v1/auth/context")) });
  return (
    <div className={css["stack"]}>
      <h1>{app("screens.about")}</h1>
      <Panel title={app("name")}>
        <Asked of={here}>
          {({ version }) => (
            <p>
              {t("version")} <strong data-version>{version}</strong>
            </p>
          )}
        </Asked>
        <p>{t("own")}</p>
        <p>
          <a href="/api/docs">{t("api")}</a>
        </p>
        <p>
          <Link href="/help">{app("screens.help")}</Link> – {t("manual")}
        </p>
      </Panel>
      <Certificate />
      <Shortcuts />
      <Parts />
    </div>
  );
}

function Certificate(): ReactNode {
  const t = useTranslations("about");
  const format = useFormat();
  const failed = useTellFailed();
  const tls = useQuery({ queryKey: ["tls"], queryFn: () => data(api.GET("/api/v1/tls")), retry: false });
  if (tls.isError && "status" in tls.error && tls.error.status === 404) {
    return (
      <Panel title={t("certificate")}>
        <p>{t("noTls")}</p>
      </Panel>
    );
  }
  return (
    <Panel title={t("certificate")}>
      <Asked of={tls}>
        {(found) => (
          <div className={css["stack"]}>
            <p>{t("valid", { from: format.date(found.valid_from), until: format.date(found.valid_until) })}</p>
            <p>
              {t("names")} <bdi>{found.names.join(", ")}</bdi>
            </p>
            <div>
              <p>{t("pins")}</p>
              {found.pins.map((pin) => (
                <code key={pin} dir="ltr">
                  {pin}
                </code>
              ))}
            </div>
            {found.root && (
              <div>
                <p>{t("rootHint")}</p>
                <Button icon="download" onPress={() => void download("/api/v1/tls/root.crt", "weir-root.crt").catch(failed)}>
                  {t("root")}
                </Button>
              </div>
            )}
          </div>
        )}
      </Asked>
    </Panel>
  );
}
