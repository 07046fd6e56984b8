import { useCallback } from "react";
import { useMessages, useTranslations } from "use-intl";
import type { Messages } from "@/strings/en";

/** What has a title that Weir may have made of a built-in rule: an alarm, an incident, a mark of either. */
interface Entitled {
  title: string;
  title_code?: string | null;
  title_about?: string | null;
}

type Code = keyof Messages["alarms"]["builtIn"];

/** Says a title in the person's language where Weir made it; what a person has typed stays as it is. */
export function useTitle(): (of: Entitled) => string {
  const t = useTranslations("alarms");
  const ruleOf = useRuleName();
  return useCallback(
    ({ title, title_code: code, title_about: about }) =>
      code ? t("titleOf", { rule: ruleOf({ name: title.split(": ", 1)[0] ?? title, name_code: code }), sensor: about ?? "" }) : title,
    [t, ruleOf],
  );
}

/** Says the name of a built-in rule that nobody has renamed in the person's language. */
export function useRuleName(): (of: { name: string; name_code?: string | null }) => string {
  const t = useTranslations("alarms.builtIn");
  const { alarms } = useMessages();
  return useCallback(({ name, name_code: code }) => (code && Object.hasOwn(alarms.builtIn, code) ? t(code as Code) : name), [t, alarms]);
}
