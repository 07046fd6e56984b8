import { Component, useEffect, type ReactNode } from "react";
import { useLocale, useTranslations } from "use-intl";
import { Button } from "@/parts/Button";
import { chooseLanguage, LATE } from "@/strings/languages";
import { lacksAPart, startAgainWhenItAnswers } from "./updates";

/** Keeps a screen that fails from taking the others with it. */
export class Boundary extends Component<{ children: ReactNode }, { failure: Error | null }> {
  override state: { failure: Error | null } = { failure: null };

  static getDerivedStateFromError(failure: Error): { failure: Error } {
    return { failure };
  }

  override render(): ReactNode {
    if (!this.state.failure) return this.props.children;
    if (lacksAPart()) return <Late />;
    return <Fallen failure={this.state.failure} again={() => this.setState({ failure: null })} />;
  }
}

function Fallen({ failure, again }: { failure: Error; again: () => void }): ReactNode {
  const t = useTranslations("app");
  return (
    <div role="alert" style={{ padding: "1rem", display: "grid", gap: "0.5rem", justifyItems: "start" }}>
      <p>{t("crashed")}</p>
      <pre style={{ whiteSpace: "pre-wrap", margin: 0 }}>{failure.message}</pre>
      <Button onPress={again}>{t("retry")}</Button>
    </div>
  );
}

/** The screen's program could not be had: a browser does not ask for it once more on the same page. */
function Late(): ReactNode {
  const locale = useLocale();
  useEffect(startAgainWhenItAnswers, []);
  return (
    <p role="alert" style={{ padding: "1rem" }}>
      {LATE[chooseLanguage(locale, [])]}
    </p>
  );
}
