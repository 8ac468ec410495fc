using Marketplace.Cli;

return await MarketCommand.Run(args, Surroundings.OfProcess());
