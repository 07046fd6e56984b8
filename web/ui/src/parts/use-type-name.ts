import { useCallback } from "react";
import { useTranslations } from "use-intl";

/** Says what a type of sensor is called; the types that a utility has added itself as it calls them. */
export function useTypeName(): (of: { code: string; name: string }) => string {
  const t = useTranslations("sensors");
  return useCallback(({ code, name }) => (t.has(`types.${code}` as "types.flow") ? t(`types.${code}` as "types.flow") : name), [t]);
}
