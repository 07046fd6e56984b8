import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { useMay } from "@/api/may";
import { Tabs } from "@/parts/Tabs";
import { FactorRules } from "./FactorRules";
import { PeopleTab } from "./PeopleTab";
import { RolesTab } from "./RolesTab";
import { TokensTab } from "./TokensTab";

/** Who may do what here: people, roles, tokens of programs, and who needs a second factor. */
export default function PeopleScreen(): ReactNode {
  const t = useTranslations("people");
  const may = useMay();
  const tabs = [
    { id: "people", name: t("people"), body: <PeopleTab /> },
    { id: "roles", name: t("roles"), body: <RolesTab /> },
    ...(may("tokens.manage") ? [{ id: "tokens", name: t("tokens"), body: <TokensTab /> }] : []),
    { id: "factor", name: t("secondFactor"), body: <FactorRules /> },
  ];
  return (
    <>
      <h1>{t("title")}</h1>
      <Tabs label={t("title")} tabs={tabs} />
    </>
  );
}
