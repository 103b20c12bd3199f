from idp.app import create_app

application = create_app()
