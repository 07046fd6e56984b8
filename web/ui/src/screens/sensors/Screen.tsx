import type { ReactNode } from "react";
import { useLocation } from "wouter";
import { ListScreen } from "./list/ListScreen";
import { SensorScreen } from "./one/SensorScreen";

/** All sensors, or the one that the address names. */
export default function SensorsScreen(): ReactNode {
  const [path] = useLocation();
  const id = Number(/^\/sensors\/(\d+)/.exec(path)?.[1]);
  return id ? <SensorScreen key={id} id={id} /> : <ListScreen />;
}
