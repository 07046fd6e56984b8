import type { ReactNode } from "react";
import { Button as Base, type ButtonProps } from "react-aria-components";
import { Icon, type IconName } from "./Icon";
import css from "./Button.module.css";

interface Props extends ButtonProps {
  /** One primary at most on a screen; `danger` is for what can't be taken back; `quiet` among others. */
  kind?: "primary" | "usual" | "quiet" | "danger";
  icon?: IconName;
  children?: ReactNode;
}

/** A button; with an icon alone it needs an `aria-label`. */
export function Button({ kind = "usual", icon, children, className, ...rest }: Props): ReactNode {
  const classes = [css["button"], css[kind], typeof className === "string" ? className : ""].join(" ");
  return (
    <Base {...rest} className={classes}>
      {icon && <Icon name={icon} size={18} />}
      {children !== undefined && <span>{children}</span>}
    </Base>
  );
}
