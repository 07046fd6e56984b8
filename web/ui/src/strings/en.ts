import type about from "./en/about.json";
import type account from "./en/account.json";
import type alarms from "./en/alarms.json";
import type app from "./en/app.json";
import type audit from "./en/audit.json";
import type chart from "./en/chart.json";
import type devices from "./en/devices.json";
import type help from "./en/help.json";
import type incidents from "./en/incidents.json";
import type maintenance from "./en/maintenance.json";
import type map from "./en/map.json";
import type municipalities from "./en/municipalities.json";
import type notifications from "./en/notifications.json";
import type offline from "./en/offline.json";
import type overview from "./en/overview.json";
import type people from "./en/people.json";
import type problems from "./en/problems.json";
import type rules from "./en/rules.json";
import type sensors from "./en/sensors.json";
import type setUp from "./en/setUp.json";
import type settings from "./en/settings.json";
import type signIn from "./en/signIn.json";
import type sound from "./en/sound.json";
import type system from "./en/system.json";
import type troubles from "./en/troubles.json";
import type wall from "./en/wall.json";

/** The English catalogue is the one that says which strings there are: a file for each screen. */
export interface Messages {
  about: typeof about;
  account: typeof account;
  alarms: typeof alarms;
  app: typeof app;
  audit: typeof audit;
  chart: typeof chart;
  devices: typeof devices;
  help: typeof help;
  incidents: typeof incidents;
  maintenance: typeof maintenance;
  map: typeof map;
  municipalities: typeof municipalities;
  notifications: typeof notifications;
  offline: typeof offline;
  overview: typeof overview;
  people: typeof people;
  problems: typeof problems;
  rules: typeof rules;
  sensors: typeof sensors;
  setUp: typeof setUp;
  settings: typeof settings;
  signIn: typeof signIn;
  sound: typeof sound;
  system: typeof system;
  troubles: typeof troubles;
  wall: typeof wall;
}

declare module "use-intl" {
  interface AppConfig {
    Messages: Messages;
  }
}
