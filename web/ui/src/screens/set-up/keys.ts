/** A device's key, which the server shows once: kept while the wizard is open and nowhere else. */
export interface Key {
  device_id: string;
  sensor_id: number;
  api_key: string;
}
