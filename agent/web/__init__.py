"""The interview room in the browser: pages, and the work behind them."""
