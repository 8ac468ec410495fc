[assembly: AssemblyFixture(typeof(Marketplace.Tests.Web.Chromium))]
