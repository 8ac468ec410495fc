namespace Marketplace.GrainHost.Simulation;

/// <summary>The scenario has not ended, but nothing is left that could run, now or at any later time.</summary>
public sealed class SimulationStuckException(string message) : Exception(message);
