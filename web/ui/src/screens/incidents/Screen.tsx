import type { ReactNode } from "react";
import { Redirect, useLocation } from "wouter";
import { outbox } from "@/offline/use-outbox";
import { Board } from "./Board";
import { Detail } from "./Detail";
import { NewIncident } from "./NewIncident";
import { Report } from "./Report";
import { Unsent } from "./Unsent";

/** What happened in the network and who deals with it: `/incidents`, `/new`, `/ID`, `/ID/report`, `/unsent-…`. */
export default function IncidentsScreen(): ReactNode {
  const [path] = useLocation();
  const [which = "", what = ""] = path.split("/").slice(2);
  if (which === "new") return <NewIncident />;
  if (which.startsWith("unsent-")) {
    const mark = which.slice(7);
    const id = outbox.arrived.get(mark);
    return id === undefined ? <Unsent key={mark} mark={mark} /> : <Redirect to={`/incidents/${id}`} replace />;
  }
  if (!/^\d+$/.test(which)) return <Board />;
  return what === "report" ? <Report id={Number(which)} /> : <Detail key={which} id={Number(which)} />;
}
