import { useTranslations } from "use-intl";
import type { Schemas } from "@/api/client";

/** Give the way to say where a message came in. */
export function useDoor(): (door: Schemas["Door"]) => string {
  const t = useTranslations("devices");
  return (door) => (door === "import" ? t("import") : door.toUpperCase());
}
