using Marketplace.Worker;
using Marketplace.Worker.Isolation;

// Guests run in children, which are this program: they need nothing of a worker, and nothing of it is loaded for them.
return GuestChildProgram.IsAsked(args) ? GuestChildProgram.Run(args) : RunWorker(args).GetAwaiter().GetResult();

static Task<int> RunWorker(string[] args) => WorkerCommand.Run(args);
