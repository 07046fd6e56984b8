import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import type { Schemas } from "@/api/client";

const EXAMPLES = { malformed: '{"timestamp": "2026-05-01T03:00:00Z", "value": 3.2, "unit": "bar"}', bad_timestamp: "2026-05-01T03:00:00Z" } as const;

/**
 * Why a message was not taken and what helps, in the person's language; below it what exactly the
 * server found, for who sets the device up.
 */
export function RejectionWords({ of }: { of: Pick<Schemas["RejectionOut"], "reason" | "detail"> }): ReactNode {
  const t = useTranslations("devices");
  const example = of.reason in EXAMPLES ? EXAMPLES[of.reason as keyof typeof EXAMPLES] : "";
  return (
    <>
      <p>{t(`remedies.${of.reason}`, { example })}</p>
      {of.detail && <small lang="en" dir="auto">{of.detail}</small>}
    </>
  );
}
