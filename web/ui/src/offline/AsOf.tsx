import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { useFormat } from "@/format/use-format";
import { useNow } from "@/parts/use-now";
import type { Aged } from "./kept";
import css from "./Notices.module.css";

/** Says that what is shown comes from this device, and how old it is; nothing where it is from the server. */
export function AsOf({ found }: { found: Aged<unknown> }): ReactNode {
  const t = useTranslations("offline");
  const format = useFormat();
  const now = useNow();
  if (!found.isKept) return null;
  return <p className={css["asOf"]} role="status">{t("asOf", { age: format.ago(found.at, now) })}</p>;
}
