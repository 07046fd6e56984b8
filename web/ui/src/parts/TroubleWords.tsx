import type { ReactNode } from "react";
import { useMessages, useTranslations } from "use-intl";
import type { Schemas } from "@/api/client";
import type { Messages } from "@/strings/en";

type Code = keyof Messages["troubles"];

/**
 * What is wrong with Weir and what to do, in the person's language; below it what exactly the server has
 * found, for who administers it. A code of a newer server is said as the server says it.
 */
export function TroubleWords({ of }: { of: Schemas["TroubleOut"] }): ReactNode {
  const t = useTranslations("troubles");
  const { troubles } = useMessages();
  if (!Object.hasOwn(troubles, of.code)) {
    return (
      <>
        <strong dir="auto">{of.what ?? of.code}</strong> {of.hint && <small dir="auto">{of.hint}</small>}
      </>
    );
  }
  const code = of.code as Code;
  return (
    <>
      <strong>{t(`${code}.what`)}</strong> <small>{t(`${code}.todo`)}</small>
      {of.what && (
        <small lang="en" dir="auto">
          {of.what}. {of.hint}
        </small>
      )}
    </>
  );
}
