using Marketplace.Tests.Worker;
using Xunit.MicrosoftTestingPlatform;
using Xunit.Runner.InProc.SystemConsole;

// These tests start themselves as the children that they test; otherwise this is what the test framework would generate.
if (TestChild.IsAsked(args))
{
    return TestChild.Run(args);
}
return args.Any(argument => argument is "--server" or "--internal-msbuild-node")
    ? await TestPlatformTestFramework.RunAsync(args, Marketplace.Worker.Tests.SelfRegisteredExtensions.AddSelfRegisteredExtensions)
    : await ConsoleRunner.Run(args);
