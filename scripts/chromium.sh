# Sourced after postgres.sh by scripts that show the demo's page to a browser: installs Chromium
# and its WebDriver when they are missing. The tests start and stop them themselves.
# shellcheck shell=bash

need_chromium() {
    command -v chromium >/dev/null || install_package chromium "the browser Chromium"
    command -v chromedriver >/dev/null || install_package chromium-driver "Chromium's WebDriver"
}

# Pictures show what people see; without this font every emoji is an empty box.
need_emoji() {
    if [ -z "$(fc-list :lang=und-zsye 2>/dev/null)" ]; then
        install_package fonts-noto-color-emoji "a font with emoji"
    fi
}
