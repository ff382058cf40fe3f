"""The project's command: what the engine is given, and of which study."""

from analysis.build.cli import main
from analysis.zhai_2025.study import STUDY

raise SystemExit(main(STUDY))
