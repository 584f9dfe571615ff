#!/bin/sh
# The broker with its accounts: the service's, and those of the simulated doors named in SIMULATED_DOORS.
# A real door gets its own: docker compose exec mosquitto mosquitto_passwd -b /mosquitto/data/passwords DOOR PASSWORD
set -eu
accounts=/mosquitto/data/passwords
[ -e "$accounts" ] || (umask 077 && : >"$accounts")
mosquitto_passwd -b "$accounts" vuoro-service "$BROKER_PASSWORD"
for door in ${SIMULATED_DOORS:-}; do mosquitto_passwd -b "$accounts" "$door" "$SIMULATOR_PASSWORD"; done
chown mosquitto: "$accounts"
exec mosquitto -c /mosquitto/config/mosquitto.conf
