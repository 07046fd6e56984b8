import { useId, type ReactNode } from "react";
import css from "./Panel.module.css";

/** A part of a screen with a heading of its own. */
export function Panel({
  title,
  actions,
  children,
  fill = false,
  level = 2,
}: {
  title: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  /** Take all the height there is and scroll inside. */
  fill?: boolean;
  /** 1 where it is the whole screen and its title the screen's. */
  level?: 1 | 2;
}): ReactNode {
  const id = useId();
  const Heading = level === 1 ? "h1" : "h2";
  return (
    <section className={css["panel"]} data-fill={fill || undefined} aria-labelledby={id}>
      <header>
        <Heading id={id}>{title}</Heading>
        {actions && <div className={css["actions"]}>{actions}</div>}
      </header>
      <div className={css["body"]}>{children}</div>
    </section>
  );
}
