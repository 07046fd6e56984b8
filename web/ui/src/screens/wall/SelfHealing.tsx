import { Component, type ReactNode } from "react";
import { useTranslations } from "use-intl";

const AGAIN_AFTER = 15_000;

/** What fails on a wall nobody can press a button for: the page is loaded anew after a while. */
export class SelfHealing extends Component<{ children: ReactNode }, { hasFailed: boolean }> {
  override state = { hasFailed: false };
  #timer: ReturnType<typeof setTimeout> | undefined;

  static getDerivedStateFromError(): { hasFailed: boolean } {
    return { hasFailed: true };
  }

  override componentDidCatch(): void {
    this.#timer ??= setTimeout(() => location.reload(), AGAIN_AFTER);
  }

  override componentWillUnmount(): void {
    clearTimeout(this.#timer);
  }

  override render(): ReactNode {
    return this.state.hasFailed ? <Fallen /> : this.props.children;
  }
}

function Fallen(): ReactNode {
  const t = useTranslations("wall");
  return <p role="alert">{t("failed")}</p>;
}
