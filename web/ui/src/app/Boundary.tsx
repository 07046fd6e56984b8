import { Component, type ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Button } from "@/parts/Button";

/** Keeps a screen that fails from taking the others with it. */
export class Boundary extends Component<{ children: ReactNode }, { failure: Error | null }> {
  override state: { failure: Error | null } = { failure: null };

  static getDerivedStateFromError(failure: Error): { failure: Error } {
    return { failure };
  }

  override render(): ReactNode {
    if (!this.state.failure) return this.props.children;
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
